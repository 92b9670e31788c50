import { Pool } from 'twinpool';

async function act() {
  'use server';
  const pool = new Pool(1);
  try {
    return await pool.map((x) => x + 1, [1]);
  } finally {
    pool.terminate();
    await pool.join();
  }
}
export const dynamic = 'force-dynamic';
export default async function Page() {
  const v = await act();
  return <form action={act}>action {JSON.stringify(v)}</form>;
}

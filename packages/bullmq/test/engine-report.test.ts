/** Tests what `twinpool doctor --connection` reports of a real engine. */
import { EngineDownError, engineReport } from '@twinpool/bullmq';
import { describe, expect, inject, it } from 'vitest';

const url = inject('engine');

describe.skipIf(url === '')('engineReport', () => {
  it('names the server, says what it keeps and drops, and how far it is', async () => {
    const report = await engineReport(url, { queue: 'img' });
    expect(report.version).toMatch(/^(redis|valkey|postgresql) \d+\./);
    expect(report.roundTrip).toBeGreaterThan(0);
    // Both clocks are of this machine.
    expect(Math.abs(report.clockSkew)).toBeLessThan(30_000);
    if (url.startsWith('redis:')) expect(report).toMatchObject({ maxmemoryPolicy: 'noeviction' });
  });
});

it('rejects when nothing listens there', async () => {
  await expect(engineReport('redis://127.0.0.1:1')).rejects.toThrow(EngineDownError);
});

/** Converts outcomes to texts that tables can compare: a value as text, an error by its code, equal for threads and processes. */
export function errorText(error: unknown): string {
  const code = (error as { code?: string } | null)?.code;
  if (code === undefined) return String(error);
  return code.replace(/^ERR_TWINPOOL_/, '').replace(/^BROKEN_(PROCESS|THREAD)_POOL$/, 'BROKEN');
}

export function settled(handle: { readonly outcome: () => Promise<unknown> }): Promise<string> {
  return handle.outcome().then(String, errorText);
}

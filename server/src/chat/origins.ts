/**
 * Whether a browser's page of this origin may act with the cookie of this server: its own pages,
 * the public address, and origins that were allowed by name. No Origin header: not a browser.
 */
export function isOwnOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined) return true
  if (allowed.includes(origin.toLowerCase())) return true
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
}

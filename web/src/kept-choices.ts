type Choice = 'language' | 'theme'

const keptSeconds = 400 * 86_400
const nameOf = (choice: Choice): string => `parley_${choice}`

/**
 * What was chosen in this browser. Cookies, so that the server's pages follow it too, and a page
 * comes in its theme before any script runs.
 */
export function kept(choice: Choice): string | undefined {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${nameOf(choice)}=`))
  return found?.slice(nameOf(choice).length + 1)
}

/** Undefined forgets. */
export function keep(choice: Choice, value: string | undefined): void {
  const age = value === undefined ? 0 : keptSeconds
  document.cookie = `${nameOf(choice)}=${value ?? ''}; Path=/; Max-Age=${age}; SameSite=Lax`
}

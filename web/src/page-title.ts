/** What the browser's tab says. */
export function pageTitle(conversation: string | undefined, unread: number): string {
  const count = unread > 0 ? `(${unread > 99 ? '99+' : unread}) ` : ''
  return `${count}${conversation ? `${conversation} · ` : ''}Parley`
}

/** What makes two usernames the same name, on every server and whatever the database's locale. */
export const usernameKey = (username: string): string => username.normalize('NFKC').toLowerCase()

/** Every word of the server's own pages. A language is one file beside this one, of the same shape. */
export const words = {
  title: 'Sign in · Parley',
  heading: 'Sign in to Parley',
  username: 'Username',
  password: 'Password',
  signIn: 'Sign in',
  /** What stands in braces is shown as typed. */
  demo: 'This is a demo: {john} and {bill} sign in with the password {secret}.',
  invalidCredentials: 'Invalid username or password!',
  expiredForm: 'This form has expired. Please try again.',
  busy: 'Parley is busy at the moment. Please try again shortly.',
  tooManyAttempts: (minutes: number) =>
    `Too many failed attempts. Please try again in ${minutes} minute${minutes === 1 ? '' : 's'}.`,
  failed: (request: string) => `Something went wrong (request ${request}).`,
  unreadable: 'That could not be read. Please try again.',
  nothingHere: 'There is nothing here.',
  notAllowed: 'This is not allowed, or the page had expired. Go back and try again.',
  back: 'Back to Parley',
  needsJavaScript: 'Parley needs JavaScript to show your conversations.',
}

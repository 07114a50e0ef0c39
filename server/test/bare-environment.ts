/** What any program needs of the environment, without what would configure Parley. */
export const bareEnvironment = (): Record<string, string> => {
  const { PATH = '', TMPDIR } = process.env
  return { PATH, ...(TMPDIR !== undefined && { TMPDIR }) }
}

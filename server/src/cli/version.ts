declare const PARLEY_VERSION: string | undefined

/** Of package.json, put in when the server is built. */
export const version = typeof PARLEY_VERSION === 'string' ? PARLEY_VERSION : '0.0.0'

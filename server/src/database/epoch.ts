/** The name of the numbering, read in the statement that takes or reads numbers. */
export const epochColumn = '(select value from epoch) as epoch'

const accents = /[\u0300-\u036f]/g

/** What makes two texts the same to somebody who searches: no case, no accents, one space. */
export const searchKey = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(accents, '')
    .toLowerCase()
    .replaceAll('đ', 'd')
    .replaceAll('ς', 'σ')
    .replace(/\s+/g, ' ')
    .trim()

const keptAs = 'parley.emoji'
const most = 18
const usual = ['👍', '❤️', '😂', '🎉', '🙏', '👀', '✅', '😮', '😢']

/** What was picked in this browser, the latest first; before that, what most people use. */
export function recentEmoji(): string[] {
  return [...new Set([...kept(), ...usual])].slice(0, most)
}

export function rememberEmoji(char: string): void {
  const chars = [char, ...kept().filter((other) => other !== char)]
  localStorage.setItem(keptAs, JSON.stringify(chars.slice(0, most)))
}

const toneKeptAs = 'parley.emoji.tone'

/** The skin tone that was chosen, 1 (light) to 5 (dark); 0 is none. */
export const preferredTone = (): number => {
  const tone = Number(localStorage.getItem(toneKeptAs))
  return Number.isInteger(tone) && tone >= 0 && tone <= 5 ? tone : 0
}

export const keepTone = (tone: number): void => localStorage.setItem(toneKeptAs, String(tone))

function kept(): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(keptAs) ?? '[]')
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
  } catch {
    return []
  }
}

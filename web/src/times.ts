import { computed, ref } from 'vue'
import { language, words } from './i18n/words.ts'

/** The browser's own variant of the chosen language: an American reads 3:20 PM, a Briton 15:20. */
const locale = computed(() => {
  const own = globalThis.navigator?.languages ?? []
  const isChosen = (tag: string) => tag.split('-')[0] === language.code
  return own.find(isChosen) ?? (language.code === 'en' ? 'en-GB' : language.code)
})

const formatter = (options: Intl.DateTimeFormatOptions) =>
  computed(() => new Intl.DateTimeFormat(locale.value, options))

const clock = formatter({ hour: 'numeric', minute: '2-digit' })
const shortDay = formatter({ day: 'numeric', month: 'short' })
const weekday = formatter({ weekday: 'long', day: 'numeric', month: 'long' })
const fullDay = formatter({ day: 'numeric', month: 'long', year: 'numeric' })
const month = formatter({ month: 'long', year: 'numeric' })
const exact = formatter({ dateStyle: 'full', timeStyle: 'medium' })

/** The local day as yyyy-mm-dd. */
export function dayOf(time: string | Date): string {
  const date = new Date(time)
  const two = (part: number) => String(part).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** Changes at midnight, and with it everything that says "Today". */
export const today = ref(dayOf(new Date()))
if (globalThis.document) setInterval(() => (today.value = dayOf(new Date())), 30_000)

export const clockTime = (time: string): string => clock.value.format(new Date(time))
export const monthName = (time: string): string => month.value.format(new Date(time))
export const exactTime = (time: string): string => exact.value.format(new Date(time))

/** For a date separator. */
export function dayName(time: string, now: string): string {
  const day = dayOf(time)
  if (day === now) return words.times.today
  if (day === dayBefore(now)) return words.times.yesterday
  const named = day.slice(0, 4) === now.slice(0, 4) ? weekday : fullDay
  return named.value.format(new Date(time))
}

/** For a list: the time today, else the day. */
export function shortTime(time: string, now: string): string {
  const day = dayOf(time)
  if (day === now) return clockTime(time)
  return day === dayBefore(now) ? words.times.yesterday : shortDay.value.format(new Date(time))
}

function dayBefore(day: string): string {
  const date = new Date(`${day}T12:00:00`)
  date.setDate(date.getDate() - 1)
  return dayOf(date)
}

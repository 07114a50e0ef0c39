import { ref } from 'vue'

const locale = globalThis.navigator?.languages?.find((tag) => tag.startsWith('en')) ?? 'en-GB'
const clock = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' })
const shortDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' })
const weekday = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' })
const fullDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' })
const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' })

/** The local day as yyyy-mm-dd. */
export function dayOf(time: string | Date): string {
  const date = new Date(time)
  const two = (part: number) => String(part).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** Changes at midnight, and with it everything that says "Today". */
export const today = ref(dayOf(new Date()))
if (globalThis.document) setInterval(() => (today.value = dayOf(new Date())), 30_000)

export const clockTime = (time: string): string => clock.format(new Date(time))
export const exactTime = (time: string): string => exact.format(new Date(time))

/** For a date separator. */
export function dayName(time: string, now: string): string {
  const day = dayOf(time)
  if (day === now) return 'Today'
  if (day === dayBefore(now)) return 'Yesterday'
  const date = new Date(time)
  return day.slice(0, 4) === now.slice(0, 4) ? weekday.format(date) : fullDay.format(date)
}

/** For a list: the time today, else the day. */
export function shortTime(time: string, now: string): string {
  const day = dayOf(time)
  if (day === now) return clockTime(time)
  return day === dayBefore(now) ? 'Yesterday' : shortDay.format(new Date(time))
}

function dayBefore(day: string): string {
  const date = new Date(`${day}T12:00:00`)
  date.setDate(date.getDate() - 1)
  return dayOf(date)
}

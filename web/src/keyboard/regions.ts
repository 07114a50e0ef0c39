const focusable =
  'a[href], button:not(:disabled), input:not(:disabled), textarea, select, [contenteditable=true], [tabindex="0"]'

/** The parts of the page that F6 walks through carry `data-region`; these are those in sight. */
const regions = (): HTMLElement[] =>
  [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(
    (region) => region.checkVisibility() && focusTarget(region) !== undefined,
  )

/** What stands for a region: where one is in it, else its first control. */
const focusTarget = (region: Element): HTMLElement | undefined =>
  region.querySelector<HTMLElement>('article[tabindex="0"], [aria-current=page]') ??
  region.querySelector<HTMLElement>(focusable) ??
  undefined

/** Moves the focus to the next region, or the previous one, round in a circle. */
export function walkRegions(step: 1 | -1): void {
  const all = regions()
  const current = all.findIndex((region) => region.contains(document.activeElement))
  const next = current < 0 ? (step > 0 ? 0 : -1) : (current + step) % all.length
  const region = all.at(next)
  if (region) focusTarget(region)?.focus()
}

/** Back to where one writes; false where there is no such place. */
export function focusComposer(): boolean {
  const field = document.querySelector<HTMLElement>(
    '[data-region=composer] textarea, [data-region=composer] [contenteditable=true]',
  )
  field?.focus()
  return field !== null
}

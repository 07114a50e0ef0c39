import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** Everything that axe-core finds wrong with the page as it is now, in both themes: nothing. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect(await violationsIn(page), colorScheme).toEqual([])
  }
}

const violationsIn = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const { violations } = await (globalThis as any).axe.run(document)
    return violations.flatMap(({ id, nodes }: any) =>
      nodes.map(({ target, failureSummary }: any) => `${id}: ${target} ${failureSummary}`),
    )
  })

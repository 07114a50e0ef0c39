import { expect, test } from 'vitest'
import { useSettings } from './settings.ts'
import { aPage } from './testing/stores.ts'

test('what another device sets while this page asks for its settings holds', async () => {
  let answer: (answer: unknown) => void = () => {}
  aPage(() => new Promise((resolve) => (answer = resolve)))
  const settings = useSettings()
  const before = { locale: 'en' } as never
  const after = { locale: 'vi' } as never
  const asking = settings.load()
  settings.apply(after)
  answer({ settings: before })
  await asking
  expect(settings.settings).toEqual(after)
})

import { nextFrame } from '../next-frame.ts'

/** Nobody types any more who has not pressed a key for so long. */
const restMs = 300

let pressedAt = -Infinity
let waiting: (() => void)[] = []

async function onKeydown({ timeStamp }: KeyboardEvent): Promise<void> {
  pressedAt = timeStamp
  await nextFrame()
  for (const resolve of waiting) resolve()
  waiting = []
}

document.addEventListener('keydown', onKeydown, { capture: true })

/**
 * Resolves at once where nobody types; else when they rest, or when the first key after `notBefore`
 * (on the page's clock, in ms) is painted: that is the longest way from the next one.
 */
export async function betweenKeys(notBefore: number): Promise<void> {
  for (let rests = restsIn(); rests > 0; rests = restsIn()) {
    const isPainted = await paintedWithin(rests)
    if (isPainted && performance.now() >= notBefore) return
  }
}

const restsIn = (): number => pressedAt + restMs - performance.now()

const paintedWithin = (ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    waiting.push(() => resolve(true))
    setTimeout(() => resolve(false), ms)
  })

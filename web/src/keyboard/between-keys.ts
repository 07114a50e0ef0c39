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

/** Resolves at once, or for somebody who types when the next key is painted: the longest way from one. */
export async function betweenKeys(): Promise<void> {
  const restsInMs = pressedAt + restMs - performance.now()
  if (restsInMs <= 0) return
  await new Promise<void>((resolve) => {
    waiting.push(resolve)
    setTimeout(resolve, restsInMs)
  })
}

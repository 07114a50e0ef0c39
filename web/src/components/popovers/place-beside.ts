interface Size {
  width: number
  height: number
}

const gapPx = 6
const marginPx = 8

/** Under what it belongs to where there is room, else above it; never outside the window. */
export function placeBeside(
  anchor: Pick<DOMRect, 'left' | 'top' | 'bottom'>,
  card: Size,
  window: Size,
): { left: number; top: number } {
  const below = anchor.bottom + gapPx
  const above = anchor.top - gapPx - card.height
  const fits = below + card.height + marginPx <= window.height
  const top = fits || above < marginPx ? below : above
  const within = (value: number, size: number, most: number) =>
    Math.max(marginPx, Math.min(value, most - size - marginPx))
  return {
    left: within(anchor.left, card.width, window.width),
    top: within(top, card.height, window.height),
  }
}

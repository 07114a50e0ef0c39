import plain from './styles/parley.svg'

const sizePx = 64
const picture = new Image()
/** By the label: the icon is asked for with each message that comes. */
const drawn = new Map<string, Promise<string>>()

/** The tab's icon: with a number for what is said to me, a dot for what else is unread. */
export async function showFavicon(addressed: number, unread: number): Promise<void> {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  if (!link) return
  const href = unread > 0 || addressed > 0 ? await withBadge(labelOf(addressed)) : plain
  link.type = href === plain ? 'image/svg+xml' : 'image/png'
  if (link.href !== href) link.href = href
}

const labelOf = (addressed: number): string =>
  addressed === 0 ? '' : addressed > 9 ? '9+' : String(addressed)

function withBadge(label: string): Promise<string> {
  const known = drawn.get(label)
  if (known) return known
  const drawing = draw(label)
  drawn.set(label, drawing)
  drawing.catch(() => drawn.delete(label))
  return drawing
}

async function draw(label: string): Promise<string> {
  if (!picture.src) picture.src = plain
  await picture.decode()
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = sizePx
  const context = canvas.getContext('2d')!
  context.drawImage(picture, 0, 0, sizePx, sizePx)
  badge(context, label)
  return canvas.toDataURL()
}

function badge(context: CanvasRenderingContext2D, label: string): void {
  const radius = label ? 21 : 13
  const x = sizePx - radius - 1
  const y = label ? radius + 1 : sizePx - radius - 1
  context.globalCompositeOperation = 'destination-out'
  disc(context, x, y, radius + 4)
  context.globalCompositeOperation = 'source-over'
  context.fillStyle = '#d93a2b'
  disc(context, x, y, radius)
  if (!label) return
  context.fillStyle = '#fff'
  context.font = `700 ${label.length > 1 ? 26 : 32}px system-ui, sans-serif`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(label, x, y + 2)
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fill()
}

import {
  defaultRangeExtractor,
  type Range,
  useVirtualizer,
  type Virtualizer,
} from '@tanstack/vue-virtual'
import { computed, nextTick, onBeforeUnmount, onMounted, ref, type Ref, watch } from 'vue'
import { whenIdle } from '../../idle.ts'
import type { Row } from './message-rows.ts'

const nearEndPx = 48
const nearStartPx = 1_200
const estimatedHeadPx = 34
const estimatedLinePx = 22
const estimatedLineChars = 90
/** Rows kept ready on either side; fewer while the first ones are drawn. */
const readyRows = 12
const readyRowsAtFirst = 2
const readyWithinMs = 500
const paddingStart = 16
const paddingEnd = 12

/** Of the timeline that was shown last: the next one begins with the rows that fit. */
let shownPx = innerHeight

interface Sources {
  loadOlder(): Promise<void>
  loadNewer(): Promise<void>
  /** The last row is the end of the conversation. */
  isLive(): boolean
  /** The key of the row that has the focus, or had it. */
  focused: Ref<string | undefined>
  /** Otherwise the first that is shown is what `toRow` leads to. */
  startsAtEnd: boolean
}

/** Renders only the rows in sight; stays at the end when there, and still when older ones arrive. */
export function useTimelineScroll(
  scroller: Ref<HTMLElement | null>,
  rows: Ref<readonly Row[]>,
  { loadOlder, loadNewer, isLive, focused, startsAtEnd }: Sources,
) {
  const atEnd = ref(startsAtEnd)
  /** Nothing is shown before the first jump to the end. */
  const placed = ref(false)
  const drawn = ref(false)
  watch(placed, () => whenIdle(() => (drawn.value = true), readyWithinMs))
  let lastTop = 0

  const virtualizer = useVirtualizer(
    computed(() => {
      const now = rows.value
      return {
        count: now.length,
        getScrollElement: () => scroller.value,
        getItemKey: (index: number) => now[index]?.key ?? index,
        estimateSize: (index: number) => estimatedPx(now[index]),
        measureElement: measuredPx,
        anchorTo: 'end' as const,
        scrollEndThreshold: nearEndPx,
        overscan: drawn.value ? readyRows : readyRowsAtFirst,
        rangeExtractor: withFocused(now, focused.value),
        paddingStart,
        paddingEnd,
        initialRect: { width: 0, height: shownPx },
        initialOffset: () => (startsAtEnd ? endPx(now) : 0),
      }
    }),
  )
  const instance = virtualizer.value

  const visible = computed(() =>
    virtualizer.value.getVirtualItems().flatMap(({ index, start }) => {
      const row = rows.value[index]
      return row ? [{ index, start, row }] : []
    }),
  )
  const totalPx = computed(() => virtualizer.value.getTotalSize())

  function toEnd(): void {
    atEnd.value = true
    if (rows.value.length > 0) instance.scrollToEnd()
  }

  /** Somebody comes back to the timeline: they see its end. */
  function arrive(): void {
    atEnd.value = true
    if (placed.value) void nextTick(() => atEnd.value && toEnd())
  }

  /** Only scrolling upwards leaves the end: a row that grows below must not. */
  function onScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = scroller.value!
    const distance = scrollHeight - scrollTop - clientHeight
    if (distance <= nearEndPx && isLive()) atEnd.value = true
    else if (scrollTop < lastTop - 1) atEnd.value = false
    lastTop = scrollTop
    if (!placed.value) return
    if (scrollTop < nearStartPx) void fill()
    if (distance < nearStartPx && !isLive()) loadNewer().catch(() => {})
  }

  /** Nothing is kept at the end from now on. */
  function leaveEnd(): void {
    atEnd.value = false
  }

  /** Brings a row into the middle, once it is there. */
  async function toRow(index: number): Promise<void> {
    await nextTick()
    instance.scrollToIndex(index, { align: 'center' })
    await nextTick()
    lastTop = scroller.value?.scrollTop ?? 0
    placed.value = true
  }

  async function fill(): Promise<void> {
    const before = rows.value.length
    await loadOlder().catch(() => {})
    await nextTick()
    const element = scroller.value
    if (element && rows.value.length > before && element.scrollTop < nearStartPx) void fill()
  }

  watch(
    rows,
    async (now) => {
      if (now.length === 0) return
      if (atEnd.value) instance.scrollToEnd()
      if (placed.value || !atEnd.value) return
      await nextTick()
      if (!atEnd.value) return
      instance.scrollToEnd()
      placed.value = true
      void fill()
    },
    { immediate: true, flush: 'post' },
  )

  // A row at the end may grow: an editor opens, a message is refused.
  watch(totalPx, () => placed.value && atEnd.value && toEnd(), { flush: 'post' })
  const resized = new ResizeObserver(() => {
    shownPx = scroller.value?.clientHeight ?? shownPx
    if (atEnd.value) toEnd()
  })
  onMounted(() => resized.observe(scroller.value!))
  onBeforeUnmount(() => resized.disconnect())

  const measure = (element: unknown) => instance.measureElement(element as HTMLElement | null)
  return { visible, totalPx, atEnd, placed, toEnd, arrive, leaveEnd, toRow, onScroll, measure }
}

/** Where the last rows are in sight, as far as that can be told before they are drawn. */
function endPx(rows: readonly Row[]): number {
  const rowsPx = rows.reduce((sum, row) => sum + estimatedPx(row), 0)
  return Math.max(0, paddingStart + rowsPx + paddingEnd - shownPx)
}

function estimatedPx(row: Row | undefined): number {
  const text = row?.message?.content ?? row?.outgoing?.content ?? ''
  const lines = text.split('\n')
  const count = lines.reduce(
    (sum, line) => sum + Math.ceil((line.length || 1) / estimatedLineChars),
    0,
  )
  return (row?.head ? estimatedHeadPx : 6) + count * estimatedLinePx
}

/**
 * A new row is measured by its observer, before it is painted and together with all others: asking
 * each when it is put in makes the browser lay out the page once per row.
 */
function measuredPx(
  element: HTMLElement,
  entry: ResizeObserverEntry | undefined,
  { options, itemSizeCache, indexFromElement }: Virtualizer<HTMLElement, HTMLElement>,
): number {
  if (entry) return Math.round(entry.borderBoxSize[0]!.blockSize)
  const index = indexFromElement(element)
  return itemSizeCache.get(options.getItemKey(index)) ?? options.estimateSize(index)
}

/** A row out of sight that has the focus stays: removing it would drop the focus. */
function withFocused(rows: readonly Row[], focused: string | undefined) {
  const kept = focused === undefined ? -1 : rows.findIndex(({ key }) => key === focused)
  return (range: Range): number[] => {
    const indexes = defaultRangeExtractor(range)
    if (kept < 0 || indexes.includes(kept)) return indexes
    return [...indexes, kept].toSorted((a, b) => a - b)
  }
}

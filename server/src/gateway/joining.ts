import { limits } from '@parley/protocol/limits'
import { Refusal } from '@parley/protocol/refusal'
import type { Seat } from '../delivery/seat.ts'
import type { Position, Publication } from '../delivery/publication.ts'
import type { Context } from './context.ts'
import type { SubscribeReply } from './codec/codec.ts'
import type { Screen } from './rules.ts'
import type { Session } from './session.ts'

export interface Wish {
  channel: string
  /** Continue after this position. */
  recover?: Position
}

export interface Joined {
  channel: string
  result: SubscribeReply
  /** For a push instead of a reply. */
  screen: Partial<Screen>
}

/** Subscriptions that are ready: tell of them, and enter in the same turn. */
export interface Joining {
  /** Channels that may be entered now. */
  readonly joined: Joined[]
  enter(): void
  /** Gives the places up instead, where the session has ended meanwhile. */
  release(): void
}

interface Place {
  wish: Wish
  seat: Seat
  from?: Position
  recovered?: Publication[]
  screen?: Screen
  /** JSON text, told after the reply where no screen is part of it. */
  state?: string
}

const attemptsMax = 5

/**
 * Makes ready to enter channels so that nothing is doubled or skipped: a place is taken first, then
 * what the client will hold is read, then the hub is waited for until it has come that far.
 * Channels whose right ended meanwhile are left out, and those that the client entered by itself
 * before the server put it there.
 * @throws Refusal `unavailable` where the past keeps moving out of reach
 */
export async function join(
  context: Context,
  session: Session,
  wishes: Wish[],
  { serverSide }: { serverSide: boolean },
): Promise<Joining> {
  const places = await takePlaces(context, session, wishes)
  const release = () => places.forEach(({ seat }) => seat.release())
  try {
    await recover(places)
    await readStates(context, session, places, serverSide)
    for (let attempt = 0; ; attempt++) {
      const open = places.filter((place) => !ready(place))
      if (open.length === 0) break
      if (attempt === attemptsMax) throw new Refusal('unavailable')
      await readScreens(context, session, open, serverSide)
    }
  } catch (error) {
    release()
    throw error
  }
  const isIn = ({ seat }: Place) => serverSide && session.subscriptions.has(seat.channel)
  const enterable = () => places.filter((place) => !place.seat.ended && !isIn(place))
  return {
    get joined() {
      return enterable().map(describe)
    },
    release,
    enter() {
      const entering = enterable()
      release()
      // What was published since the places were taken is newer: it comes with entering.
      session.deliverEach(entering.flatMap(statePublication))
      for (const { seat, from } of entering) {
        session.subscriptions.add(seat.channel, serverSide ? 'server' : 'client')
        seat.enter(session, from ?? seat.position())
      }
    },
  }
}

async function takePlaces(context: Context, session: Session, wishes: Wish[]): Promise<Place[]> {
  const seats = await Promise.allSettled(
    wishes.map((wish) => context.hub.seat(wish.channel, session.user)),
  )
  const places: Place[] = []
  for (const [index, result] of seats.entries())
    if (result.status === 'fulfilled') places.push({ wish: wishes[index]!, seat: result.value })
  const failed = seats.find((result) => result.status === 'rejected')
  if (failed) {
    for (const { seat } of places) seat.release()
    throw failed.reason
  }
  return places
}

/** Continues where positions allow it, within what one reply may carry. */
async function recover(places: Place[]): Promise<void> {
  await Promise.all(
    places.map(async (place) => {
      const { seat, wish } = place
      if (!wish.recover || !seat.hasPast || !(await seat.prepare(wish.recover))) return
      const { epoch } = seat.position()
      place.from = { epoch, offset: wish.recover.offset }
    }),
  )
  let entries = 0
  let chars = 0
  for (const place of places) {
    const missed = place.from && place.seat.missed(place.from)
    if (!missed) {
      delete place.from
      continue
    }
    const missedChars = missed.reduce((sum, { data }) => sum + data.length, 0)
    if (
      entries + missed.length > limits.recoveredPublicationsMax ||
      chars + missedChars > limits.recoveredBytesMax
    ) {
      delete place.from
      continue
    }
    entries += missed.length
    chars += missedChars
    place.recovered = missed
    const last = missed.at(-1)?.position
    if (last) place.from = last
  }
}

/** Whoever goes on from a position, or asked by themselves, is sent no screen: the state alone. */
async function readStates(
  context: Context,
  session: Session,
  places: Place[],
  serverSide: boolean,
): Promise<void> {
  const without = places.filter(({ from }) => !serverSide || from)
  if (without.length === 0) return
  const channels = without.map(({ seat }) => seat.channel)
  const states = await context.rules.states(session.identity!, channels)
  for (const place of without) {
    const state = states.get(place.seat.channel)
    if (state !== undefined) place.state = JSON.stringify(state)
  }
}

const statePublication = ({ seat, screen, state }: Place): Publication[] =>
  state === undefined || screen ? [] : [{ channel: seat.channel, data: state }]

function ready({ seat, from }: Place): boolean {
  if (!seat.hasPast || seat.ended) return true
  return from !== undefined && seat.missed(from) !== undefined
}

async function readScreens(
  context: Context,
  session: Session,
  places: Place[],
  serverSide: boolean,
): Promise<void> {
  const channels = places.map(({ seat }) => seat.channel)
  const screens = serverSide
    ? await context.rules.screens(session.identity!, channels)
    : new Map<string, Screen>()
  await Promise.all(
    places.map(async (place) => {
      const { seat } = place
      delete place.recovered
      const screen = screens.get(seat.channel)
      if (screen) {
        place.screen = screen
        place.from = { epoch: screen.epoch, offset: screen.offset }
        await seat.follow(screen.epoch)
        await seat.reach(screen.offset)
      } else {
        delete place.screen
        place.from = seat.position()
      }
    }),
  )
}

function describe({ seat, wish, from, recovered, screen }: Place): Joined {
  const { channel } = seat
  if (!seat.hasPast) return { channel, result: {}, screen: {} }
  const { epoch } = seat.position()
  const offset = recovered ? wish.recover!.offset : from!.offset
  const result: SubscribeReply = {
    recoverable: true,
    positioned: true,
    epoch,
    offset,
    ...(wish.recover && { was_recovering: true }),
    ...(recovered && { recovered: true }),
    ...(screen && { data: screen.data }),
    ...(recovered && { publications: recovered }),
  }
  return { channel, result, screen: screen ?? { epoch, offset } }
}

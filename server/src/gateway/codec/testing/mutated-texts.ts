/** What a session answers, and stays. */
export const calls = [
  '{"id":2,"subscribe":{"channel":"conversation:1","recover":true,"epoch":"e","offset":12}}',
  '{"id":3,"unsubscribe":{"channel":"conversation:1"}}\n{"id":4,"presence":{"channel":"chat"}}',
  '{"id":5,"history":{"channel":"chat","limit":10,"since":{"offset":1,"epoch":"e"},"reverse":true}}',
  '{"id":6,"rpc":{"method":"messages.send","data":{"conversationId":1,"content":"h\\u00e9\\ud83d\\ude00"}}}',
  '{"id":7,"publish":{"channel":"chat","data":[1,2.5e3,null,true,{"a":"b"}]}}\n',
  '{"id":8,"sub_refresh":{"channel":"chat"}}\n{"id":4294967295,"presence_stats":{"channel":"é"}}',
]
export const everything = [
  ...calls,
  '{"id":1,"connect":{"token":"a.b.c","data":{"authToken":"x"},"subs":{"chat":{"recover":true,"epoch":"e","offset":7}}}}',
  '{"id":8,"refresh":{"token":"x"}}\n{"id":9,"sub_refresh":{"channel":"chat","token":"x"}}\n{}',
  '{"send":{"data":{}}}',
]
const grafts = [
  '{}',
  '[]',
  '""',
  'null',
  '-1',
  '1e999',
  '9007199254740993',
  '4294967296',
  '"__proto__":{}',
  '"id":0',
  '"constructor"',
  '\0',
  '\ud800',
  '\u2028',
  '\n',
  '\n\n',
  '\\u0000',
  '\\ud800',
  '{"a":',
  '[[[[[[[[',
  '}}',
  '"',
]

const values = ['1', '"x"', 'null', '{}', '[]', 'true', '-1', '1.5', '""', '[{"a":{}}]', '9e15']

/** xorshift32: the same frames for the same seed, everywhere. */
export function randomFrom(start: number): (below: number) => number {
  let state = start | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** A good frame with something done to it, mostly once. */
export function mutatedTexts(good: string[], start: number): () => string {
  const random = randomFrom(start)
  const pick = <Item>(items: readonly Item[]) => items[random(items.length)]!
  const steps: ((text: string, at: number) => string)[] = [
    (text, at) => text.slice(0, at),
    (text, at) => text.slice(at),
    (text, at) => text.slice(0, at) + pick(grafts) + text.slice(at),
    (text, at) => text.slice(0, at) + pick(grafts) + text.slice(at + random(12)),
    (text, at) => text.slice(0, at) + String.fromCharCode(random(0x10000)) + text.slice(at + 1),
    (text, at) =>
      text.slice(0, at) + text.slice(at, at + random(40)).repeat(1 + random(20)) + text.slice(at),
    (text, at) => text.slice(0, at) + pick(good) + text.slice(at),
    (text, at) => text.slice(0, at) + pick(['[', '{"a":']).repeat(random(200)) + text.slice(at),
    (text) => text.replace(pick([/"\w+":/, /\d+/, /"[^"]*"/, /[{}[\]]/]), () => pick(grafts)),
  ]
  return () => {
    // Half of them stay JSON and keep their first id: what they ask is odd.
    if (random(2)) return otherValue(pick(good), 2 + random(6), pick(values))
    let text = pick(good)
    for (let step = random(4) ? 1 : 1 + random(8); step > 0; step--)
      text = pick(steps)(text, random(text.length + 1)).slice(0, 16_384)
    return text
  }
}

/** Gives the nth field another value, so that the frame stays JSON. */
function otherValue(text: string, nth: number, value: string): string {
  let count = 0
  return text.replaceAll(/:("[^"]*"|[\d.e]+|true|null)/g, (old) =>
    ++count === nth ? `:${value}` : old,
  )
}

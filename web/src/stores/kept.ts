import { ref, watch, type Ref } from 'vue'

/** A choice that this browser keeps; what is not there or cannot be read is `initial`. */
export function kept<Value>(name: string, initial: Value): Ref<Value> {
  const key = `parley.${name}`
  const value = ref(read(key) ?? initial) as Ref<Value>
  watch(value, (now) => globalThis.localStorage?.setItem(key, JSON.stringify(now)), { deep: true })
  globalThis.window?.addEventListener('storage', (event) => {
    if (event.key === key) value.value = (read(key) as Value | undefined) ?? initial
  })
  return value

  function read(name: string): Value | undefined {
    try {
      return JSON.parse(globalThis.localStorage?.getItem(name) ?? 'null') ?? undefined
    } catch {
      return undefined
    }
  }
}

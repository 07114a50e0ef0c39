let context: AudioContext | undefined

/** Two short soft notes. Silent where the browser has not seen a press on this page yet. */
export function playTone(): void {
  context ??= new AudioContext()
  void context.resume()
  for (const [index, hertz] of [660, 880].entries()) note(context, hertz, index * 0.11)
}

function note(audio: AudioContext, hertz: number, delay: number): void {
  const start = audio.currentTime + delay
  const oscillator = audio.createOscillator()
  const gain = audio.createGain()
  oscillator.frequency.value = hertz
  gain.gain.setValueAtTime(0, start)
  gain.gain.linearRampToValueAtTime(0.12, start + 0.015)
  gain.gain.exponentialRampToValueAtTime(0.001, start + 0.28)
  oscillator.connect(gain).connect(audio.destination)
  oscillator.start(start)
  oscillator.stop(start + 0.3)
}

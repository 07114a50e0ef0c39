const frameMaxMs = 250

/** Resolves when what was changed is on the screen: the work of the browser counts too. */
export async function nextFrame(): Promise<void> {
  await new Promise<unknown>((frame) => {
    requestAnimationFrame(frame)
    // A page in a frame out of sight is not hidden, and gets none.
    setTimeout(frame, frameMaxMs)
  })
  // A frame ends before the next task.
  await new Promise((resolve) => setTimeout(resolve))
}

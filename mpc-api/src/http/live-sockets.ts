/** The WebSockets that are open, so that all of them can be told when the process is about to end. */
export class LiveSockets {
  readonly #endings = new Set<() => void>()
  #isDraining = false

  /**
   * @param onDrain called once when the process is about to end: finish what is under way, then close with 1001
   * @returns what takes the socket out again
   */
  add(onDrain: () => void): () => void {
    this.#endings.add(onDrain)
    if (this.#isDraining) onDrain()
    return () => void this.#endings.delete(onDrain)
  }

  drain(): void {
    this.#isDraining = true
    for (const onDrain of [...this.#endings]) onDrain()
  }
}

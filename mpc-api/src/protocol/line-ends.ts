/**
 * Where the lines of an event stream's text end: at LF, CRLF or CR. What has been looked for is remembered, so that each
 * byte is looked at once for all lines together: a text may have but one of the two, or one far behind all the others.
 */
export class LineEnds {
  readonly #text: string
  #lf = -1
  #cr = -1

  constructor(text: string) {
    this.#text = text
  }

  /**
   * Index of the LF or CR that ends the line at `from`; the length of the text when none does.
   *
   * @param from never less than the time before
   */
  after(from: number): number {
    if (this.#lf < from) this.#lf = this.#find('\n', from)
    if (this.#cr < from) this.#cr = this.#find('\r', from)
    return Math.min(this.#lf, this.#cr)
  }

  #find(end: string, from: number): number {
    const at = this.#text.indexOf(end, from)
    return at === -1 ? this.#text.length : at
  }
}

import { ResponseReader } from '../../src/http-client/response-reader.ts'
import { type ResponseEvent, ResponseListener } from './response-listener.ts'

/** A reader, and who listens to it; `act` may act on the reader at any event. */
export class ReaderListener extends ResponseListener {
  readonly reader: ResponseReader

  constructor(act: (reader: ResponseReader, event: ResponseEvent) => unknown = () => undefined) {
    super((_, event) => act(this.reader, event))
    this.reader = new ResponseReader(this)
  }

  /** Reads these pieces, of which it leaves the caller's bytes as they are. */
  read(...pieces: (string | Buffer)[]): this {
    for (const piece of pieces)
      this.reader.read(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece))
    return this
  }
}

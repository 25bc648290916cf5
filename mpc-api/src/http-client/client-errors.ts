/** No connection was made, so nothing was sent: the one failure after which a request may be sent again. */
export class ConnectError extends Error {}

/** The server answered with something that is no sound HTTP/1.1, or closed the connection before its answer was whole. */
export class ResponseError extends Error {
  /** For logs. */
  readonly code: 'BROKEN_RESPONSE' | 'CLOSED_EARLY'

  constructor(code: ResponseError['code'], message: string) {
    super(message)
    this.code = code
  }
}

export function broken(what: string): ResponseError {
  return new ResponseError('BROKEN_RESPONSE', `the server sent ${what}`)
}

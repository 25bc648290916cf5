/** A refusal of the demo upstream, answered in LiteLLM's error shape: `code` is the HTTP status as a string. */
export class DemoError extends Error {
  readonly status: number
  readonly param: string | null

  constructor(status: number, message: string, param: string | null = null) {
    super(message)
    this.name = 'DemoError'
    this.status = status
    this.param = param
  }

  toJSON() {
    const type = this.status < 500 ? 'invalid_request_error' : 'api_error'
    return { error: { message: this.message, type, param: this.param, code: String(this.status) } }
  }
}

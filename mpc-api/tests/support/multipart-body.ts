/** The bytes of a multipart/form-data body, and the headers that go with them. */
export interface MultipartBody {
  readonly bytes: Buffer
  readonly headers: Readonly<Record<string, string>>
}

const boundary = 'test-boundary-7f3a'

/** A part: a field by its text, a file by its bytes. */
export type Part = readonly [name: string, content: string | Buffer]

export function multipart(...parts: Part[]): MultipartBody {
  const bytes = Buffer.concat([
    ...parts.flatMap(([name, content]) => [Buffer.from(partHead(name, content)), Buffer.from(content), crlf]),
    Buffer.from(`--${boundary}--\r\n`),
  ])
  return { bytes, headers: { 'content-type': contentType } }
}

export const contentType = `multipart/form-data; boundary=${boundary}`

/** What comes before the content of a part. */
export function partHead(name: string, content: string | Buffer): string {
  const file = Buffer.isBuffer(content) ? '; filename="a.bin"\r\nContent-Type: application/octet-stream' : ''
  return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`
}

const crlf = Buffer.from('\r\n')

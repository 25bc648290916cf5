import { firstExample } from '../flatten-contract.ts'
import { type ListedOperation } from '../list-operations.ts'

/**
 * The operation as a command line, ready to paste into a POSIX shell.
 *
 * @param origin scheme and host of the gateway
 */
export function toCurl(operation: ListedOperation, origin: string): string {
  const [type, body] = readBody(operation)
  const lines = [
    `curl${isStreamed(body) ? ' -N' : ''} ${methodFlag(operation)}${quote(urlOf(operation, origin))}`,
  ]
  if (operation.needsKey) lines.push('-H "Authorization: Bearer $MPC_API_KEY"')
  if (type === 'application/json') {
    lines.push(
      `-H ${quote('Content-Type: application/json')}`,
      `-d ${quote(JSON.stringify(body, undefined, 2))}`,
    )
  } else if (typeof body === 'object' && body !== null) {
    for (const [name, value] of Object.entries(body)) lines.push(`-F ${quote(`${name}=${String(value)}`)}`)
  }
  return lines.join(' \\\n  ')
}

/** The same for PowerShell 5.1 and 7; undefined where it has no simple form. */
export function toPowerShell(operation: ListedOperation, origin: string): string | undefined {
  const [type, body] = readBody(operation)
  if (type === 'multipart/form-data' || isBinary(operation)) return undefined
  const call = [`Invoke-RestMethod ${quotePowerShell(urlOf(operation, origin))}`]
  if (operation.method !== 'get') call.push(`-Method ${operation.method}`)
  if (operation.needsKey) call.push('-Headers @{ Authorization = "Bearer $env:MPC_API_KEY" }')
  if (type === undefined) return call.join(' ')
  // The charset makes PowerShell 5.1 send UTF-8.
  call.push("-ContentType 'application/json; charset=utf-8'", '-Body $body')
  return `$body = @'\n${JSON.stringify(body, undefined, 2)}\n'@\n${call.join(' ')}`
}

function readBody({ requestBody }: ListedOperation): [type: string | undefined, body: unknown] {
  const [first] = Object.entries(requestBody?.content ?? {})
  return first === undefined ? [undefined, undefined] : [first[0], firstExample(first[1])]
}

function methodFlag({ method, requestBody }: ListedOperation): string {
  if (method === 'delete') return '-X DELETE '
  return method === 'post' && requestBody === undefined ? '-X POST ' : ''
}

function urlOf({ fullPath, parameters }: ListedOperation, origin: string): string {
  const path = parameters
    .filter((parameter) => parameter.in === 'path')
    .reduce(
      (url, { name, example }) => url.replace(`{${name}}`, encodeURIComponent(String(example))),
      fullPath,
    )
  return origin + path
}

function isStreamed(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'stream' in body && body.stream === true
}

function isBinary({ responses }: ListedOperation): boolean {
  return Object.keys(responses['200']?.content ?? {}).some((type) => /^audio\/|octet-stream/.test(type))
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function quotePowerShell(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

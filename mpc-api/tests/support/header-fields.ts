import { fieldsNamed, HeaderFields } from '../../src/http-client/header-fields.ts'

/** Header fields as a server would send them. */
export function fieldsOf(fields: Readonly<Record<string, string | readonly string[]>>): HeaderFields {
  const lines = Object.entries(fields).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  )
  return new HeaderFields(['HTTP/1.1 200 OK', ...lines].join('\r\n'))
}

/** All of them, in order, as pairs of name and value. */
export function entriesOf(headers: HeaderFields): [name: string, value: string][] {
  const all = headers.pick(fieldsNamed('[^:\r]+'))
  return all.flatMap((name, at) => (at % 2 === 0 ? [[name, all[at + 1] as string]] : []))
}

import { follow, type OpenApiDocument, type Schema } from '../openapi-document.ts'
import { html, type Markup } from './html.ts'
import { inline } from './prose.ts'

/** How deep fields inside fields are shown. */
const MAX_DEPTH = 3

/** The fields of an object schema as a list, with those of inner objects folded below theirs. */
export function schemaFields(document: OpenApiDocument, schema: Schema, depth = 0): Markup | undefined {
  const shape = objectWithin(document, schema)
  if (shape?.properties === undefined || depth === MAX_DEPTH) return undefined
  const rows = Object.entries(shape.properties).map(([name, field]) => {
    const described = follow<Schema>(document, field)
    const inner = schemaFields(document, field, depth + 1)
    const text = field.description ?? described.description
    return html`<li>
      <span class="field"
        ><code>${name}</code> <span class="type">${typeName(document, field)}</span>${
          shape.required?.includes(name) === true ? html` <span class="required">required</span>` : undefined
        }</span
      >
      ${text === undefined ? undefined : html`<p>${inline(text)}</p>`}
      ${
        inner === undefined
          ? undefined
          : html`<details>
              <summary>Fields of <code>${name}</code></summary>
              ${inner}
            </details>`
      }
    </li>`
  })
  return html`<ul class="fields">
    ${rows}
  </ul>`
}

/** The object that a schema is, may be, or is a list of. */
function objectWithin(document: OpenApiDocument, schema: Schema): Schema | undefined {
  const own = follow<Schema>(document, schema)
  if (own.properties !== undefined) return own
  const inner = [...(own.anyOf ?? own.oneOf ?? []), ...(own.items === undefined ? [] : [own.items])]
  return inner.map((part) => objectWithin(document, part)).find((part) => part !== undefined)
}

/** Such as `string or array of ContentPart or null`. */
export function typeName(document: OpenApiDocument, schema: Schema): string {
  const own = follow<Schema>(document, schema)
  const alternatives = own.anyOf ?? own.oneOf
  if (alternatives !== undefined) return joined(alternatives.map((part) => typeName(document, part)))
  if (own.enum !== undefined) return joined(own.enum.map((value) => JSON.stringify(value)))
  if (own.const !== undefined) return JSON.stringify(own.const)
  if (own.contentMediaType !== undefined) return 'file'
  const names = [own.type ?? 'anything'].flat()
  return joined(
    names.map((name) =>
      name === 'array' && own.items !== undefined ? `array of ${typeName(document, own.items)}` : name,
    ),
  )
}

function joined(names: readonly string[]): string {
  return [...new Set(names)].join(' or ')
}

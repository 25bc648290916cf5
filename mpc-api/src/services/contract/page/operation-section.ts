import { type ListedOperation } from '../list-operations.ts'
import { type Answer, type Content, type MediaType, type OpenApiDocument } from '../openapi-document.ts'
import { toCurl, toPowerShell } from './call-examples.ts'
import { html, type Markup } from './html.ts'
import { inline, prose } from './prose.ts'
import { schemaFields, typeName } from './schema-fields.ts'

/** Everything about one operation: words and fields on one side, calls and answers on the other. */
export function operationSection(
  document: OpenApiDocument,
  operation: ListedOperation,
  origin: string,
): Markup {
  const { operationId, method, fullPath, summary, description, requestBody, responses } = operation
  return html`<article id="${operationId}">
    <div class="words">
      <h3><a href="#${operationId}">${summary}</a></h3>
      <p class="route"><span class="method ${method}">${method}</span> <code>${fullPath}</code></p>
      ${description === undefined ? undefined : prose(description)}
      ${operation.needsKey ? undefined : html`<p class="note">Needs no key.</p>`}
      ${parameterList(document, operation)} ${bodyFields('Request body', document, requestBody?.content)}
      ${bodyFields('Answer', document, responses['200']?.content)} ${statusList(responses)}
    </div>
    <div class="examples">
      ${callExamples(operation, origin)} ${bodyExamples('Request', requestBody?.content)}
      ${bodyExamples('Answer', responses['200']?.content)}
    </div>
  </article>`
}

function parameterList(document: OpenApiDocument, { parameters }: ListedOperation): Markup | undefined {
  if (parameters.length === 0) return undefined
  const rows = parameters.map(
    ({ name, in: place, required, schema, description = '' }) =>
      html`<li>
        <span class="field"
          ><code>${name}</code> <span class="type">${typeName(document, schema)}, in the ${place}</span>${
            required === true ? html` <span class="required">required</span>` : undefined
          }</span
        >
        <p>${inline(description)}</p>
      </li>`,
  )
  return html`<details>
    <summary>Parameters</summary>
    <ul class="fields">
      ${rows}
    </ul>
  </details>`
}

function bodyFields(title: string, document: OpenApiDocument, content: Content = {}): (Markup | undefined)[] {
  return Object.entries(content).map(([type, media]) => {
    const fields = schemaFields(document, media['x-event-schema'] ?? media.schema)
    if (fields === undefined) return undefined
    const open = title === 'Request body' ? html` open` : undefined
    return html`<details${open}><summary>${title} <span class="type">${type}</span></summary>${fields}</details>`
  })
}

function statusList(responses: ListedOperation['responses']): Markup {
  const rows = Object.entries(responses).map(
    ([status, answer]) =>
      html`<li>
        <span class="field"><code>${status}</code> ${status === 'default' ? undefined : codeOf(answer)}</span>
        <p>${inline(answer.description)}</p>
      </li>`,
  )
  return html`<details>
    <summary>Statuses and errors</summary>
    <ul class="fields">
      ${rows}
    </ul>
  </details>`
}

/** The error code of an answer that is one, as a link to the table of errors. */
function codeOf({ content }: Answer): Markup | undefined {
  const code = errorOf(content?.['application/json'])?.code
  return code === undefined ? undefined : html`<a href="#errors"><code>${code}</code></a>`
}

/** The error that a media type's example shows. */
export function errorOf(
  media: MediaType | undefined,
): { code: string; type: string; statusCode: number; message: string } | undefined {
  const example = media?.example
  if (typeof example !== 'object' || example === null || !('error' in example)) return undefined
  return example.error as { code: string; type: string; statusCode: number; message: string }
}

function callExamples(operation: ListedOperation, origin: string): (Markup | undefined)[] {
  if (operation.responses['101'] !== undefined) return []
  const powerShell = toPowerShell(operation, origin)
  return [
    code('curl', toCurl(operation, origin), true),
    powerShell === undefined ? undefined : code('PowerShell', powerShell, false),
  ]
}

function bodyExamples(title: string, content: Content = {}): Markup[] {
  return Object.entries(content).flatMap(([type, media]) =>
    valuesOf(media).map(({ summary, value }, index) => {
      const text = typeof value === 'string' ? value.trimEnd() : JSON.stringify(value, undefined, 2)
      const isFirst = title === 'Answer' && index === 0 && type === 'application/json'
      return code(summary === undefined ? `${title}: ${type}` : `${title}: ${summary}`, text, isFirst)
    }),
  )
}

function valuesOf(media: MediaType): { summary?: string; value: unknown }[] {
  if (media.examples !== undefined) return Object.values(media.examples)
  return media.example === undefined ? [] : [{ value: media.example }]
}

function code(title: string, text: string, isOpen: boolean): Markup {
  return html`<details${isOpen ? html` open` : undefined}><summary>${title}</summary><pre tabindex="0"><code>${text}</code></pre></details>`
}

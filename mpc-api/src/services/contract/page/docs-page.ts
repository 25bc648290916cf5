import { type ListedOperation, listOperations } from '../list-operations.ts'
import { type OpenApiDocument } from '../openapi-document.ts'
import { html, type Markup } from './html.ts'
import { errorOf, operationSection } from './operation-section.ts'
import { inline, prose } from './prose.ts'

/**
 * The contract as a page for people: one HTML file without scripts, styled by `/docs/docs.css`.
 *
 * @param origin scheme and host of the gateway, as the reader knows them
 */
export function renderDocsPage(document: OpenApiDocument, origin: string): string {
  const operations = listOperations(document)
  const { title, version, summary = '', description = '' } = document.info
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} ${version}</title>
        <link rel="stylesheet" href="/docs/docs.css" />
      </head>
      <body>
        <nav aria-label="Contents">
          <p class="name"><a href="#top">${title}</a> <span class="type">${version}</span></p>
          ${navigation(document, operations)}
        </nav>
        <main id="top">
          <header>
            <h1>${title}</h1>
            <p class="lead">${summary}</p>
            ${prose(description)}
            <p>
              For machines: <a href="/openapi.json">OpenAPI 3.1</a>, and
              <a href="/openapi-3.0.json">OpenAPI 3.0, flattened</a> for importers such as the custom tools of
              Dify.
            </p>
          </header>
          ${addresses(document, origin)} ${keys(document)}
          ${document.tags.map(({ name, description: about }) => {
            const sections = operations.filter(({ tags }) => tags.includes(name))
            return html`<section id="${anchor(name)}">
              <h2>${name}</h2>
              <p class="lead">${inline(about)}</p>
              ${sections.map((operation) => operationSection(document, operation, origin))}
            </section>`
          })}
          ${errors(document)}
        </main>
      </body>
    </html> `.text
}

function navigation(document: OpenApiDocument, operations: readonly ListedOperation[]): Markup {
  const groups = document.tags.map(({ name }) => {
    const items = operations.filter(({ tags }) => tags.includes(name))
    return html`<li>
      <a href="#${anchor(name)}">${name}</a>
      <ul>
        ${items.map(
          ({ operationId, method, path }) =>
            html`<li>
              <a href="#${operationId}"
                ><span class="method ${method}">${method}</span> <span>${path}</span></a
              >
            </li>`,
        )}
      </ul>
    </li>`
  })
  return html`<ul>
    <li><a href="#addresses">Addresses</a></li>
    <li><a href="#keys">Keys</a></li>
    ${groups}
    <li><a href="#errors">Errors</a></li>
  </ul>`
}

function addresses(document: OpenApiDocument, origin: string): Markup {
  const rows = document.servers.map(
    ({ url, description = '' }) =>
      html`<tr>
        <td><code>${origin}${url}</code></td>
        <td>${description}</td>
      </tr>`,
  )
  return html`<section id="addresses">
    <h2>Addresses</h2>
    <table>
      ${rows}
    </table>
  </section>`
}

function keys(document: OpenApiDocument): Markup {
  const rows = Object.values(document.components.securitySchemes).map(
    (scheme) =>
      html`<li>
        ${'name' in scheme ? html`<code>${String(scheme.name)}: KEY</code>. ` : undefined}${inline(scheme.description)}
      </li>`,
  )
  return html`<section id="keys">
    <h2>Keys</h2>
    <p>Any one of these headers will do.</p>
    <ul>
      ${rows}
    </ul>
  </section>`
}

function errors(document: OpenApiDocument): Markup {
  const rows = Object.entries(document.components.responses).flatMap(([name, { content, description }]) => {
    const error = errorOf(content?.['application/json'])
    return error === undefined || name === 'Error'
      ? []
      : [
          html`<tr>
            <td><code>${error.code}</code></td>
            <td>${error.statusCode}</td>
            <td><code>${error.type}</code></td>
            <td>${inline(description)}</td>
          </tr>`,
        ]
  })
  const example = JSON.stringify(
    document.components.responses['BadRequest']?.content?.['application/json']?.example,
    undefined,
    2,
  )
  return html`<section id="errors">
    <h2>Errors</h2>
    <pre tabindex="0"><code>${example}</code></pre>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Code</th>
            <th>Status</th>
            <th>Type</th>
            <th>Meaning</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </section>`
}

/** Apart from the operations' ids. */
function anchor(tag: string): string {
  return `tag-${tag.toLowerCase()}`
}

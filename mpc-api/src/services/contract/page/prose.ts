import { html, Markup } from './html.ts'

/** The little Markdown of the contract: paragraphs, `code` and **weight**. */
export function prose(text: string): Markup[] {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => html`<p>${inline(paragraph)}</p>`)
}

export function inline(text: string): Markup {
  const { text: escaped } = html`${text}`
  return new Markup(
    escaped.replace(/`([^`]+)`/g, '<code>$1</code>').replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>'),
  )
}

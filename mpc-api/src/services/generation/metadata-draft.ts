import { z } from 'zod'
import { toTimestamp } from './chapters.ts'

/** One chapter, as the model writes it. */
export const chapter = z.strictObject({
  startSeconds: z.int().min(0).describe('Where the chapter starts.'),
  title: z.string().trim().min(1).max(100).describe('Name of the chapter.'),
})

export const draftFields = {
  titles: z.array(z.string().trim().min(1)).describe('Titles to choose from, the best one first.'),
  description: z.string().trim().min(1).describe('The text below the video, without chapters and hashtags.'),
  tags: z.array(z.string().trim().min(1)).describe('Search keywords, without #.'),
  hashtags: z.array(z.string().trim().min(2)).describe('Hashtags, each with its #.'),
  chapters: z.array(chapter).describe('Chapters in their order.'),
}

/** What the model writes. */
export const draft = z.strictObject({ ...draftFields, category: z.string().nullable() })
export type MetadataDraft = z.infer<typeof draft>

/** Everything that goes below the video. */
export function toUploadText({ description, chapters, hashtags }: MetadataDraft): string {
  const marks = chapters.map(({ startSeconds, title }) => `${toTimestamp(startSeconds)} ${title}`)
  return [description, marks.join('\n'), hashtags.join(' ')].filter((part) => part !== '').join('\n\n')
}

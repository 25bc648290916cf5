import { type Problem } from './problem.ts'

/** YouTube makes chapters of at least three timestamps, the first 0:00, each ten seconds or more from the next. */
const FEWEST = 3
const SHORTEST_SECONDS = 10

export interface Chapter {
  startSeconds: number
  title: string
}

/** What chapters a video can have. */
export interface ChapterPlan {
  durationSeconds: number
  /** The only moments where a chapter may start; null when any will do. */
  starts: readonly number[] | null
}

/** The chapters that are possible; null when YouTube would make none of a video like this. */
export function planChapters(durationSeconds: number, starts: readonly number[] | null): ChapterPlan | null {
  if (durationSeconds < FEWEST * SHORTEST_SECONDS) return null
  if (starts !== null && countPossible(starts, durationSeconds) < FEWEST) return null
  return { durationSeconds, starts }
}

function countPossible(starts: readonly number[], durationSeconds: number): number {
  if (!starts.includes(0)) return 0
  let count = 0
  let earliest = 0
  for (const start of [...starts].sort((a, b) => a - b)) {
    if (start < earliest || start > durationSeconds - SHORTEST_SECONDS) continue
    count += 1
    earliest = start + SHORTEST_SECONDS
  }
  return count
}

export function checkChapters(chapters: readonly Chapter[], plan: ChapterPlan | null): Problem[] {
  if (plan === null) {
    return chapters.length === 0
      ? []
      : [{ path: 'chapters', message: 'must be empty: no chapters are possible' }]
  }
  const problems = chapters.flatMap((chapter, index) => checkStart(chapter, index, chapters, plan))
  if (chapters.length < FEWEST)
    problems.push({ path: 'chapters', message: `must have at least ${FEWEST} items` })
  return problems
}

function checkStart(
  { startSeconds }: Chapter,
  index: number,
  chapters: readonly Chapter[],
  { durationSeconds, starts }: ChapterPlan,
): Problem[] {
  const path = `chapters[${index}].startSeconds`
  const next = chapters[index + 1]?.startSeconds ?? durationSeconds
  const problems: Problem[] = []
  if (index === 0 && startSeconds !== 0) problems.push({ path, message: 'the first chapter must start at 0' })
  if (next - startSeconds < SHORTEST_SECONDS) {
    problems.push({
      path,
      message: `must ascend, with ${SHORTEST_SECONDS} seconds or more to the next chapter or the end at ${durationSeconds}`,
    })
  }
  if (starts !== null && !starts.includes(startSeconds))
    problems.push({ path, message: 'must be where one of the sections starts' })
  return problems
}

/** `3725` as `1:02:05`, `65` as `1:05`: how YouTube reads a timestamp. */
export function toTimestamp(seconds: number): string {
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const rest = String(seconds % 60).padStart(2, '0')
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, '0')}:${rest}`
}

import { readFileSync } from 'node:fs'

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @type {(text: string) => { numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number }} */
const parseReport = JSON.parse

/**
 * The counts in a JSON report of Vitest.
 * @param {string} file
 * @param {boolean} ok how Vitest ended. A file that does not load, or an error outside of every test, is no failed
 *   test in the report, and yet a failure.
 * @returns {Counts}
 */
export function readCounts(file, ok) {
  const report = readReport(file)
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const { numPassedTests: passed, numFailedTests, numPendingTests, numTodoTests } = report
  const failed = ok ? numFailedTests : Math.max(1, numFailedTests)
  return { passed, failed, skipped: numPendingTests + numTodoTests }
}

/** @param {string} file */
function readReport(file) {
  try {
    return parseReport(readFileSync(file, 'utf8'))
  } catch {
    // Vitest ended before it could write one: its output says why.
    return undefined
  }
}

/**
 * The last line of a test run.
 * @param {readonly Counts[]} all
 */
export function summarize(all) {
  /** @param {keyof Counts} key */
  const sum = (key) => all.reduce((total, counts) => total + counts[key], 0)
  return `${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`
}

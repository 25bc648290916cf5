/**
 * One thing that a test run does, from the root of the repository.
 * @typedef {object} Step
 * @property {string} name
 * @property {string} program path below node_modules of what Node runs, or `npm`
 * @property {readonly string[]} args
 * @property {readonly string[]} [needs] arguments for npm that must work first; the step is skipped when they do not
 * @property {string} [report] where Vitest leaves its counts; a step without a report counts as one
 * @property {number} [limitMs]
 */

const cache = '.cache/checks'
const minutes = 60_000

/** What reads the files only. The caches make a second run quick. @type {readonly Step[]} */
export const checks = [
  {
    name: 'lint',
    program: 'eslint/bin/eslint.js',
    args: ['.', '--cache', '--cache-strategy', 'content', '--cache-location', `${cache}/eslint/`],
  },
  types('mpc-api'),
  types('scripts'),
  {
    name: 'format',
    program: 'prettier/bin/prettier.cjs',
    args: [
      ...['--check', '.', '--log-level', 'warn'],
      ...['--cache', '--cache-strategy', 'content', '--cache-location', `${cache}/prettier`],
    ],
  },
]

/** @type {Step} */
export const build = { name: 'build', program: 'npm', args: ['run', '--silent', 'build'] }

/** What each word on the command line stands for, beside the checks. @type {Readonly<Record<string, readonly Step[]>>} */
export const suites = {
  default: [
    vitest('mpc-api', 'mpc-api', ['unit', 'integration', 'contract']),
    vitest('scripts', 'scripts'),
    vitest('bench', 'bench'),
  ],
  litellm: [vitest('litellm', 'mpc-api', ['litellm'], 25 * minutes)],
  nodes: [onNode('22'), onNode('24'), onNode('26')],
  stack: [vitest('stack', 'mpc-api', ['stack'], 25 * minutes)],
}

/**
 * The tests of MPC-API itself on another release of Node, which npm fetches.
 * @param {string} release
 * @returns {Step}
 */
function onNode(release) {
  const { args, ...step } = vitest(`node-${release}`, 'mpc-api', ['unit', 'integration'])
  const node = ['exec', '--yes', `--package=node@${release}`, '--', 'node']
  return {
    ...step,
    name: `tests on Node ${release}`,
    needs: [...node, '--version'],
    program: 'npm',
    args: [...node, 'node_modules/vitest/vitest.mjs', ...args],
  }
}

/** @param {string} project @returns {Step} */
function types(project) {
  const info = `${cache}/types-${project}.tsbuildinfo`
  return {
    name: `types of ${project}`,
    program: 'typescript/bin/tsc',
    args: ['-p', project, '--noEmit', '--incremental', '--tsBuildInfoFile', info],
  }
}

/**
 * @param {string} name
 * @param {string} folder
 * @param {readonly string[]} projects of the folder's Vitest configuration; all without
 * @param {number} limitMs
 * @returns {Step}
 */
function vitest(name, folder, projects = [], limitMs = 15 * minutes) {
  const chosen = projects.flatMap((project) => ['--project', project])
  const report = `.cache/test-reports/${name}.json`
  // Vitest takes the path from its root folder.
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=../${report}`]
  return {
    name: `tests of ${name}`,
    program: 'vitest/vitest.mjs',
    args: ['run', '--root', folder, ...chosen, ...reporters],
    report,
    limitMs,
  }
}

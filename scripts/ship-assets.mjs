// The last step of MPC-API's build: puts what its code reads at run time beside the compiled modules.
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { URL } from 'node:url'
import { parse } from 'yaml'

const root = new URL('../', import.meta.url)
const from = new URL('mpc-api/src/services/contract/', root)
const to = new URL('mpc-api/dist/services/contract/', root)

const contract = /** @type {unknown} */ (
  parse(readFileSync(new URL('openapi/mpc-api.oas.yaml', root), 'utf8'))
)
mkdirSync(new URL('page/', to), { recursive: true })
writeFileSync(new URL('mpc-api.oas.json', to), JSON.stringify(contract))
copyFileSync(new URL('page/docs.css', from), new URL('page/docs.css', to))

const prompts = 'services/generation/prompts/'
cpSync(new URL(`mpc-api/src/${prompts}`, root), new URL(`mpc-api/dist/${prompts}`, root), { recursive: true })

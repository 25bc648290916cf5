import { DemoError } from './demo-error.ts'

/** What one of the demo models does; `pace` says how it streams. */
export interface DemoModel {
  readonly id: string
  readonly kind: 'chat' | 'embedding'
  readonly pace: 'at once' | 'slow'
}

const demoModels: readonly DemoModel[] = [
  { id: 'demo-echo', kind: 'chat', pace: 'at once' },
  { id: 'demo-slow', kind: 'chat', pace: 'slow' },
  { id: 'demo-embedding', kind: 'embedding', pace: 'at once' },
]

/** The owner that every model and answer names, so that nobody takes the stand-in for a provider. */
export const demoOwner = 'mpc-api-demo-upstream'

const listed = ({ id }: DemoModel) => ({ id, object: 'model', created: 1_767_225_600, owned_by: demoOwner })

/** The body of `GET /models`. */
export const listDemoModels = () => ({ object: 'list', data: demoModels.map(listed) })

/** The body of `GET /models/{id}`. */
export function retrieveDemoModel(id: string) {
  const model = demoModels.find((candidate) => candidate.id === id)
  if (!model) throw new DemoError(404, `The model '${id}' does not exist in the demo upstream`, 'model')
  return listed(model)
}

/** Finds the model a request names; throws LiteLLM's 400 for an unknown one or one of the other kind. */
export function findDemoModel(id: unknown, kind: DemoModel['kind']): DemoModel {
  const model = demoModels.find((candidate) => candidate.id === id)
  const known = demoModels.map((candidate) => candidate.id).join(', ')
  const name = typeof id === 'string' ? id : JSON.stringify(id)
  if (!model) {
    throw new DemoError(
      400,
      `Invalid model name passed in model=${name}. The demo upstream has: ${known}`,
      'model',
    )
  }
  if (model.kind !== kind) throw new DemoError(400, `${model.id} is no ${kind} model`, 'model')
  return model
}

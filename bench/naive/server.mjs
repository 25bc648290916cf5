// The yardstick: a proxy as it is usually written first, with Express, axios and the middleware that MPC-API has too.
import { env } from 'node:process'
import axios from 'axios'
import cors from 'cors'
import express from 'express'
import helmet from 'helmet'
import { pinoHttp } from 'pino-http'
import { z } from 'zod'

const { PORT, UPSTREAM, API_KEY } = env

const modelRequest = z.looseObject({ model: z.string().min(1) })
const chatRequest = modelRequest.extend({
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
})

const app = express()
app.use(helmet())
app.use(cors())
app.use(pinoHttp())
app.use(express.json({ limit: '64mb' }))

app.use((request, response, next) => {
  if (request.headers.authorization === `Bearer ${API_KEY}`) next()
  else response.status(401).json({ error: { message: 'wrong key' } })
})

const authorization = 'Bearer sk-bench-upstream'

/**
 * @param {string} path
 * @param {z.ZodType<Record<string, unknown>>} schema
 */
function forward(path, schema) {
  app.post(`/api${path}`, async (request, response) => {
    const body = schema.parse(request.body)
    /** @type {import('axios').AxiosResponse<import('node:stream').Readable>} */
    const upstream = await axios.post(`${UPSTREAM}/v1${path}`, body, {
      headers: { authorization },
      responseType: body['stream'] === true ? 'stream' : 'json',
    })
    if (body['stream'] !== true) {
      response.json(upstream.data)
      return
    }
    response.setHeader('content-type', 'text/event-stream')
    upstream.data.pipe(response)
  })
}

forward('/chat/completions', chatRequest)
forward('/embeddings', modelRequest)
forward('/responses', modelRequest)

app.post('/api/audio/transcriptions', async (request, response) => {
  const { 'content-type': type, 'content-length': length } = request.headers
  const headers = { authorization, 'content-type': type, 'content-length': length }
  const upstream = await axios.post(`${UPSTREAM}/v1/audio/transcriptions`, request, {
    headers,
    maxBodyLength: Infinity,
  })
  response.json(upstream.data)
})

app.listen(Number(PORT), '127.0.0.1')

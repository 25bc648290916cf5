/* What the scripted upstream says: a LiteLLM-like whole answer and the parts of a stream. */
#ifndef ANSWERS_H
#define ANSWERS_H

#define LITELLM_HEADERS \
  "date: Thu, 01 Jan 2026 00:00:00 GMT\r\nserver: uvicorn\r\n" \
  "x-litellm-call-id: 0f8fad5b-d9cb-469f-a165-70867728950e\r\n" \
  "x-litellm-model-id: 7b9d0a4e1f2c3d4e5f60718293a4b5c6d7e8f9012a3b4c5d6e7f8091a2b3c4d5\r\n" \
  "x-litellm-version: 1.106.2\r\nx-litellm-response-cost: 0.0000345\r\n" \
  "x-litellm-key-tpm-limit: None\r\nx-litellm-key-rpm-limit: None\r\n" \
  "x-litellm-response-duration-ms: 1.25\r\nx-litellm-overhead-duration-ms: 0.75\r\n"

#define STREAM_HEAD \
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n" LITELLM_HEADERS \
  "cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"

/* The stamp is the send time on the monotonic clock, in ns: the load generator subtracts it from its own. */
#define STREAM_CHUNK \
  "data: {\"id\":\"chatcmpl-bench000000000000000000000\",\"object\":\"chat.completion.chunk\",\"created\":1767225600," \
  "\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"stamp=%019lld\"},\"logprobs\":null," \
  "\"finish_reason\":null}]}\n\n"

#define STREAM_STOP \
  "data: {\"id\":\"chatcmpl-bench000000000000000000000\",\"object\":\"chat.completion.chunk\",\"created\":1767225600," \
  "\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"

#define STREAM_USAGE \
  "data: {\"id\":\"chatcmpl-bench000000000000000000000\",\"object\":\"chat.completion.chunk\",\"created\":1767225600," \
  "\"model\":\"bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":57,\"completion_tokens\":100,\"total_tokens\":157}}\n\n"

#define STREAM_DONE "data: [DONE]\n\n"

#define WHOLE_BODY \
  "{\"id\":\"chatcmpl-bench000000000000000000000\",\"object\":\"chat.completion\",\"created\":1767225600,\"model\":\"bench\"," \
  "\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"logprobs\":null,\"message\":{\"role\":\"assistant\",\"content\":" \
  "\"A reverse proxy takes the requests of many clients and hands each of them to a server that can answer it. It hides " \
  "where the work is done, keeps connections open and warm, checks who is asking, and writes down what happened.\"," \
  "\"refusal\":null,\"annotations\":[]}}],\"usage\":{\"prompt_tokens\":57,\"completion_tokens\":42,\"total_tokens\":99," \
  "\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":" \
  "{\"reasoning_tokens\":0,\"audio_tokens\":0}},\"service_tier\":\"default\",\"system_fingerprint\":\"fp_bench00000\"}"

#define MODELS_BODY "{\"object\":\"list\",\"data\":[{\"id\":\"bench\",\"object\":\"model\",\"created\":1767225600,\"owned_by\":\"bench\"}]}"

#endif

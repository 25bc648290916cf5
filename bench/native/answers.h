/* What the scripted upstream says: LiteLLM-like whole answers, the parts of streams, the first event of a socket. */
#ifndef ANSWERS_H
#define ANSWERS_H

#include <stddef.h>

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

#define RESPONSE_OBJECT(status, output, usage) \
  "{\"id\":\"resp_bench00000000000000000000000000000000\",\"object\":\"response\",\"created_at\":1767225600," \
  "\"status\":\"" status "\",\"background\":false,\"error\":null,\"incomplete_details\":null,\"instructions\":null," \
  "\"max_output_tokens\":256,\"model\":\"bench\",\"output\":[" output "],\"parallel_tool_calls\":true," \
  "\"previous_response_id\":null,\"reasoning\":{\"effort\":null,\"summary\":null},\"store\":true,\"temperature\":0.2," \
  "\"text\":{\"format\":{\"type\":\"text\"}},\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":1.0," \
  "\"truncation\":\"disabled\",\"usage\":" usage ",\"user\":null,\"metadata\":{}}"

#define RESPONSE_TEXT "\"A reverse proxy takes the requests of many clients and hands each of them on.\""
#define RESPONSE_PART(text) "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":" text "}"
#define RESPONSE_ITEM(status, content) \
  "{\"id\":\"msg_bench0000000000000000000000000000000000\",\"type\":\"message\",\"status\":\"" status "\"," \
  "\"content\":[" content "],\"role\":\"assistant\"}"
#define RESPONSE_EVENT(type, fields) "event: " type "\ndata: {\"type\":\"" type "\"," fields "}\n\n"
#define RESPONSE_PLACE \
  "\"item_id\":\"msg_bench0000000000000000000000000000000000\",\"output_index\":0,\"content_index\":0,"

/* The stamp, as above, and the number of the event. */
#define RESPONSE_DELTA \
  RESPONSE_EVENT("response.output_text.delta", RESPONSE_PLACE \
                 "\"delta\":\"stamp=%019lld\",\"sequence_number\":%d,\"logprobs\":[],\"obfuscation\":\"bench0000\"")

static const char *const responseStart[] = {
  RESPONSE_EVENT("response.created", "\"sequence_number\":0,\"response\":" RESPONSE_OBJECT("in_progress", "", "null")),
  RESPONSE_EVENT("response.in_progress",
                 "\"sequence_number\":1,\"response\":" RESPONSE_OBJECT("in_progress", "", "null")),
  RESPONSE_EVENT("response.output_item.added",
                 "\"sequence_number\":2,\"output_index\":0,\"item\":" RESPONSE_ITEM("in_progress", "")),
  RESPONSE_EVENT("response.content_part.added", "\"sequence_number\":3," RESPONSE_PLACE "\"part\":" RESPONSE_PART("\"\"")),
  NULL,
};

static const char *const responseEnd[] = {
  RESPONSE_EVENT("response.output_text.done",
                 "\"sequence_number\":104," RESPONSE_PLACE "\"logprobs\":[],\"text\":" RESPONSE_TEXT),
  RESPONSE_EVENT("response.content_part.done",
                 "\"sequence_number\":105," RESPONSE_PLACE "\"part\":" RESPONSE_PART(RESPONSE_TEXT)),
  RESPONSE_EVENT("response.output_item.done", "\"sequence_number\":106,\"output_index\":0,\"item\":" RESPONSE_ITEM(
                                                "completed", RESPONSE_PART(RESPONSE_TEXT))),
  RESPONSE_EVENT("response.completed",
                 "\"sequence_number\":107,\"response\":" RESPONSE_OBJECT(
                   "completed", RESPONSE_ITEM("completed", RESPONSE_PART(RESPONSE_TEXT)),
                   "{\"input_tokens\":57,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":100,"
                   "\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":157}")),
  NULL,
};

static const char *const chatStart[] = {NULL};
static const char *const chatEnd[] = {STREAM_STOP, STREAM_USAGE, STREAM_DONE, NULL};

#define TRANSCRIPTION_BODY \
  "{\"text\":\"A reverse proxy takes the requests of many clients and hands each of them on.\"," \
  "\"usage\":{\"type\":\"duration\",\"seconds\":312}}"

#define SESSION_CREATED \
  "{\"type\":\"session.created\",\"event_id\":\"event_bench000000000000\",\"session\":{\"type\":\"realtime\"," \
  "\"object\":\"realtime.session\",\"id\":\"sess_bench0000000000000\",\"model\":\"bench-realtime\"," \
  "\"output_modalities\":[\"audio\"],\"instructions\":\"\",\"tools\":[],\"tool_choice\":\"auto\"," \
  "\"max_output_tokens\":\"inf\",\"tracing\":null,\"truncation\":\"auto\",\"prompt\":null,\"expires_at\":1767229200," \
  "\"audio\":{\"input\":{\"format\":{\"type\":\"audio/pcm\",\"rate\":24000},\"transcription\":null," \
  "\"noise_reduction\":null,\"turn_detection\":{\"type\":\"server_vad\",\"threshold\":0.5}}," \
  "\"output\":{\"format\":{\"type\":\"audio/pcm\",\"rate\":24000},\"voice\":\"alloy\",\"speed\":1.0}},\"include\":null}}"

#define HANDSHAKE_ANSWER \
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"

#define MODELS_BODY "{\"object\":\"list\",\"data\":[{\"id\":\"bench\",\"object\":\"model\",\"created\":1767225600,\"owned_by\":\"bench\"}]}"

#endif

/** What a refusal looks like over HTTP: https://platform.openai.com/docs/guides/error-codes. */
export interface ApiErrorFields {
  readonly status: number;
  /** One line: what was wrong, where, what to do. */
  readonly message: string;
  /** For programs, such as `unknown_parameter`. */
  readonly code: string;
  /** The field of the request that is to blame, such as `messages[2].content`. */
  readonly param?: string | undefined;
  /** Seconds after which to try again. */
  readonly retryAfter?: number | undefined;
  /** Methods that the path takes, for 405. */
  readonly allow?: string | undefined;
}

/** A request that is refused, or that failed for a reason that its client should know. */
export class ApiError extends Error {
  readonly fields: ApiErrorFields;

  /** @param cause what no client is told */
  constructor(fields: ApiErrorFields, cause?: unknown) {
    super(fields.message, { cause });
    this.name = "ApiError";
    this.fields = fields;
  }

  get code(): string {
    return this.fields.code;
  }
}

/** A 400 that names the field. */
export function badField(param: string, message: string, code = "invalid_value"): ApiError {
  return new ApiError({ status: 400, code, param, message });
}

/** The body of an error response; an error inside a stream has the same form. */
export function errorBody({ status, message, code, param }: ApiErrorFields) {
  return { error: { message, type: typeOf(status), param: param ?? null, code } };
}

/** Headers of an error response. What has failed at our own end is not tried again by the client: it may have cost much. */
export function errorHeaders({ status, retryAfter, allow }: ApiErrorFields): Record<string, string> {
  return {
    "content-type": "application/json; charset=utf-8",
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    ...(allow === undefined ? {} : { allow }),
    ...(status >= 500 && retryAfter === undefined ? { "x-should-retry": "false" } : {}),
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
  };
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

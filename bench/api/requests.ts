/** What is asked again and again. */
export interface Request {
  readonly name: string;
  readonly path: string;
  readonly accept: string;
}

const JSON_ANSWER = "application/json";

/** @param source one that the instance has packages of */
export function requestsFor(source: string): readonly Request[] {
  return [
    { name: "status", path: "/api/status", accept: JSON_ANSWER },
    { name: "ls", path: `/api/ls?source=${source}`, accept: JSON_ANSWER },
    { name: "sources_list", path: "/api/sources_list", accept: JSON_ANSWER },
    { name: "repositories", path: "/repositories/", accept: "text/html" },
  ];
}

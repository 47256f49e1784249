const api = "https://api.example.com";

// What the page can read: the whole response, or nothing if the browser hides it.
async function call(method, path, token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  try {
    const response = await fetch(api + path, { method, headers });
    const challenge = response.headers.get("WWW-Authenticate") ?? "";
    const body = (await response.text()).trim().slice(0, 200);
    return { allowed: response.ok, status: response.status, challenge, body };
  } catch (error) {
    return { allowed: false, status: "none", challenge: "", body: `hidden by the browser: ${error.message}` };
  }
}

// A WebSocket sends no header of the page's choice: the token is a subprotocol.
function openSocket(path, token) {
  const socket = new WebSocket(api.replace("https", "wss") + path, token ? ["bearer", token] : ["bearer"]);
  return new Promise((done) => {
    socket.onmessage = ({ data }) => done({ allowed: true, status: "open", challenge: "", body: data });
    socket.onerror = () => done({ allowed: false, status: "none", challenge: "", body: "not opened" });
  });
}

// An image and an EventSource send no token: the page requests a link with the token, and uses that.
async function useLink(kind, path, token) {
  const answer = await call("GET", `/links${path}`, token);
  if (!answer.allowed) return answer;
  const source = kind === "IMAGE" ? new Image() : new EventSource(api + answer.body);
  return new Promise((done) => {
    const end = (status, body) => {
      source.close?.();
      done({ allowed: status === "shown", status, challenge: "", body });
    };
    source.onload = () => end("shown", `${source.naturalWidth} pixels`);
    source.onmessage = ({ data }) => end("shown", data);
    source.onerror = () => end("none", "not loaded");
    if (kind === "IMAGE") source.src = api + answer.body;
  });
}

function request(method, path, token) {
  if (method === "SOCKET") return openSocket(path, token);
  if (method === "IMAGE" || method === "EVENTS") return useLink(method, path, token);
  return call(method, path, token);
}

function show(name, answer) {
  const row = document.querySelector("tbody").insertRow();
  row.className = answer.allowed ? "allowed" : "denied";
  for (const text of [name, answer.status, answer.challenge, answer.body]) row.insertCell().textContent = text;
}

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { method, path, token } = Object.fromEntries(new FormData(event.target));
  show(`${method} ${path}`, await request(method, path, token));
});

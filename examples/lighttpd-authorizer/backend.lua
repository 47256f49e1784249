-- The headers for backends, for all paths. Removes the secret, passes the name. The name replaces headers that the
-- client sent under these names, in any spelling that a backend accepts for them. lighttpd runs this twice for a
-- protected path: before the check, without a name, and after it.

local headers = lighty.r.req_header
local application = lighty.r.req_env["BEARERD_APPLICATION"]

local forged = {}
for name in pairs(headers) do
    if name:lower():match("^x[^%w]bearerd[^%w]") then
        table.insert(forged, name)
    end
end
for _, name in ipairs(forged) do
    headers[name] = nil
end

-- For clients that send the token in another header: bearerd gets it for the check, and the backend never does.
--lighty.r.req_env["BEARERD_TOKEN"] = not application and headers["X-API-Key"] or ""
--if application then headers["X-API-Key"] = nil end

if application then
    headers["Authorization"] = nil
    headers["X-Bearerd-Application"] = application
    headers["X-Bearerd-Key"] = lighty.r.req_env["BEARERD_KEY"]
end

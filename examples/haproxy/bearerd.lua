-- Asks bearerd about a request. HAProxy has no auth_request; but its Lua can call HTTP (2.5 and later), and HAProxy
-- itself turns HTTP into FastCGI: the frontend "bearerd" of haproxy.cfg is called from here.
--
-- Leaves txn.bearerd_status, and txn.bearerd_application, txn.bearerd_key and txn.bearerd_challenge where bearerd told
-- them. Whatever goes wrong, txn.bearerd_status is not 200.

local told = {
    ["x-bearerd-application"] = "txn.bearerd_application",
    ["x-bearerd-key"] = "txn.bearerd_key",
    ["www-authenticate"] = "txn.bearerd_challenge",
}

core.register_action("bearerd", { "http-req" }, function(txn)
    txn:set_var("txn.bearerd_status", 0)

    -- The frontend "bearerd" believes these two. Nobody else can call it.
    local question = {
        ["x-bearerd-client"] = { txn.f:src() },
        ["x-bearerd-scope"] = { txn:get_var("txn.bearerd_scope") or "" },
    }
    local sent = txn.http:req_get_headers()["authorization"]
    if sent then
        -- Two headers become one that bearerd refuses.
        local all = {}
        for index = 0, #sent do
            table.insert(all, sent[index])
        end
        question["authorization"] = { table.concat(all, ", ") }
    end

    -- For clients that send the token in a header of its own.
    --question["x-bearerd-token"] = { txn.f:req_hdr("x-api-key") }

    local answer = core.httpclient():get({
        url = "http://bearerd" .. txn.f:path(),
        headers = question,
        dst = "unix@/run/haproxy/bearerd.sock",
        timeout = 5000,
    })
    for header, variable in pairs(told) do
        if answer.headers and answer.headers[header] then
            txn:set_var(variable, answer.headers[header][0])
        end
    end
    txn:set_var("txn.bearerd_status", answer.status)
end, 0)

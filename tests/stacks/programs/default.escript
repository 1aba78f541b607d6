#!/usr/bin/env escript
%% A TLS server on Erlang/OTP's ssl with its own settings; a process for each connection.
%%   escript default.escript ADDRESS PORT CERTIFICATE KEY

main([Address, Port, Certificate, Key]) ->
    logger:set_primary_config(level, none),
    {ok, _} = application:ensure_all_started(ssl),
    {ok, IP} = inet:parse_address(Address),
    Options = [{ip, IP}, {backlog, 512}, {reuseaddr, true}, {mode, binary}, {active, false},
               {certfile, Certificate}, {keyfile, Key}],
    {ok, Listener} = ssl:listen(list_to_integer(Port), Options),
    accept(Listener).

accept(Listener) ->
    case ssl:transport_accept(Listener) of
        {ok, Transport} ->
            Server = spawn(fun() -> receive go -> ssl:handshake(Transport, 60000) end end),
            ok = ssl:controlling_process(Transport, Server),
            Server ! go;
        {error, _} ->
            ok
    end,
    accept(Listener).
